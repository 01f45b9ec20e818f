import '../compile-cache.ts'

// Loaded after that, so that its modules are read from the compile cache.
const { endWithReader, runProgram } = await import('./program.ts')
endWithReader()
await runProgram(process.argv)
