import { type ComponentType, createElement, type FunctionComponent, type VNode } from 'preact'
import { useMemo } from 'preact/hooks'

/** Returns a component that is rendered again only if one of its properties is another value. Its properties are always the same ones. */
export function memo<Props extends object>(component: FunctionComponent<Props>): ComponentType<Props> {
  // Preact leaves out an element that is the same object as before.
  return (props: Props) =>
    useMemo(
      () => createElement(component as FunctionComponent<object>, props) as VNode<unknown>,
      Object.values(props),
    )
}
