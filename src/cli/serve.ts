import type { Command } from 'commander'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description(
      'serve gRPC and the platforms’ HTTP APIs, as npm start does; settings come from the environment',
    )
    .action(async () => {
      await import('../serve.ts')
    })
}
