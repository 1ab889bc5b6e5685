import koffi from 'koffi';

// A session run optimises the graph on the calling thread the first time, deep in recursion: the 128 KiB
// that koffi gives asynchronous calls is too small a stack for that.
const ASYNC_STACK_BYTES = 8 * 1024 * 1024;

/** The C library, where the system keeps it: loaded before any other. */
export function systemLibrary(): ReturnType<typeof koffi.load> {
  // For sessions that run on threads of koffi's, which refuses it once any library was loaded.
  if ((koffi.config().async_stack_size ?? 0) < ASYNC_STACK_BYTES)
    koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
  return koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
}
