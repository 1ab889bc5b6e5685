/** Files from fixed addresses: downloaded, continued, checked, unpacked. */
export { provideArchive, type RemoteArchive, unpackArchive } from './archive.js';
export {
  type DownloadOptions,
  type DownloadProgress,
  download,
  mismatch,
  type RemoteFile,
} from './download.js';
export { everyTenth, megabytes, type OnProgress, toStandardError } from './progress.js';
