import { setFlagsFromString } from 'node:v8'

// V8 learns to allocate the objects of a call in the old generation, although a call lives for milliseconds. Dead there, they
// keep the young objects that they refer to, and each collection copies whole calls. This must run before other modules
// are loaded.
setFlagsFromString('--no-allocation-site-pretenuring')
// A major collection stops the process for half a microsecond for each call since the last one, whatever the calls left behind: Node
// keeps the values of HTTP/2 headers outside the heap, and only a major collection frees them. So collections are frequent
// and short: at the default of V8 one stopped a busy server for 450 ms every minute.
setFlagsFromString('--heap-growing-percent=20')
