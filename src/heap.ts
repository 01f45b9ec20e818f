import { setFlagsFromString } from 'node:v8'

// V8 learns to allocate the objects of a call in the old generation, although a call lives for milliseconds. Dead there, they
// keep the young objects that they refer to, and each collection copies whole calls. This must run before other modules
// are loaded.
setFlagsFromString('--no-allocation-site-pretenuring')
