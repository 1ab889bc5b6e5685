/** Images of more pixels than this are not decoded to be looked at: they are a mistake more often than an image. */
export const HUGE_PIXELS = 100_000_000;
/** Images of more pixels than this are refused in training: sharp's limit. */
export const MOST_PIXELS = 0x3fff ** 2;
