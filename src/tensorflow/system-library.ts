import koffi from 'koffi';

// A session run optimises the graph on the calling thread the first time, deep in recursion: the 128 KiB
// that koffi gives asynchronous calls is too small a stack for that.
const ASYNC_STACK_BYTES = 8 * 1024 * 1024;

/** The C library, where the system keeps it. */
export function systemLibrary(): ReturnType<typeof koffi.load> {
  enlargeStacks();
  return koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
}

/** For sessions that run on threads of koffi's; it refuses once any library was loaded. */
export function enlargeStacks(): void {
  if ((koffi.config().async_stack_size ?? 0) < ASYNC_STACK_BYTES)
    koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
}
