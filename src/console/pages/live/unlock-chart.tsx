import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'

interface UnlockChartProps {
  /** In seconds since 1970. */
  readonly times: number[]
  readonly counts: number[]
}

const HEIGHT = 180
const BARS = uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.7] }) }

/** Unlocks a minute as bars, in the colours of the page. */
export function UnlockChart({ times, counts }: UnlockChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const data = useRef<uPlot.AlignedData>([times, counts])
  data.current = [times, counts]
  useEffect(() => {
    const { current } = container
    if (current === null) return
    const draw = () => {
      chart.current?.destroy()
      chart.current = new uPlot(optionsOf(current), data.current, current)
    }
    draw()
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: current.clientWidth, height: HEIGHT }),
    )
    observer.observe(current)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', draw)
      chart.current?.destroy()
    }
  }, [])
  useEffect(() => chart.current?.setData(data.current), [times, counts])
  return <div ref={container} class="unlock-chart" aria-hidden="true" />
}

function optionsOf(element: HTMLElement): uPlot.Options {
  const [text, line, accent] = [colourOf('--muted'), colourOf('--line'), colourOf('--accent')]
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
    ],
    scales: { y: { range: (_, __, most) => [0, Math.max(4, most)] } },
    series: [
      {},
      {
        fill: accent,
        stroke: accent,
        width: 0,
        points: { show: false },
        ...BARS,
      },
    ],
  }
}

/** Canvas knows neither custom properties nor `light-dark()`. */
function colourOf(property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
