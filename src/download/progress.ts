/** Told what is being done, one line at a time. */
export type OnProgress = (message: string) => void;

/** Where nobody listens: lines on standard error, where they mix with no result. */
export const toStandardError: OnProgress = (message) => {
  process.stderr.write(`${message}\n`);
};

const STEP = 0.1;

/** Bytes as `256 MB`; below one, as `3 kB`. */
export function megabytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

/** Turns a count of bytes into a line for each further tenth, so that a log does not fill up. */
export function everyTenth(label: string, onProgress: OnProgress): (received: number, total: number) => void {
  let told = -1;
  return (received, total) => {
    const tenths = Math.floor(received / total / STEP + 1e-9);
    if (tenths === told) return;
    // Where a download is continued it starts at what is there already.
    const isFirst = told === -1;
    told = tenths;
    if (!isFirst && tenths > 0) onProgress(`${label}: ${tenths * 10} %`);
  };
}
