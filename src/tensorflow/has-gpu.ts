import { existsSync } from 'node:fs';

/** Where drivers show a GPU: of Linux, and of Linux within Windows. */
const DEVICES = ['/dev/nvidiactl', '/dev/dxg'];

/** Whether TensorFlow may compute on a GPU, as far as that can be told without starting it. */
export const hasGpu = (): boolean => DEVICES.some((path) => existsSync(path));
