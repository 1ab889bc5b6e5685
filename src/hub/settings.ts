import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DownloadOptions, type OnProgress, toStandardError } from '../download/index.js';

/** How the hub is reached, and where its files lie. */
export interface HubSettings {
  /** `HF_ENDPOINT`, without a slash at its end. */
  endpoint: string;
  /** `HF_TOKEN` */
  token?: string;
  /** `HF_HUB_OFFLINE`: nothing is asked of the network. */
  offline: boolean;
  /** The hub's own cache. */
  cache: string;
  /** The project's own cache, where files are put by hand. */
  own: string;
  onProgress: OnProgress;
  onDownload?: DownloadOptions['onProgress'];
}

/** What a caller may say of them. */
export interface HubOptions {
  /** The project's cache folder. @default SAM_FINETUNE_CACHE, or ~/.cache/sam-finetune */
  cache?: string;
  /** @default a line on standard error */
  onProgress?: OnProgress;
  /** Told how far each download is, in bytes. @default a line for each further tenth goes to `onProgress` */
  onDownload?: DownloadOptions['onProgress'];
}

const HUB = 'https://huggingface.co';
/**
 * The hub's settings, by the environment variables that its Python client reads.
 *
 * Files go where that client puts them, so that what one of them downloaded is there for the other, unless a cache
 * is named for this project (SAM_FINETUNE_CACHE) and none for the hub: then everything is to be in one folder.
 */
export function hubSettings({
  cache,
  onProgress = toStandardError,
  onDownload,
}: HubOptions = {}): HubSettings {
  const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, SAM_FINETUNE_CACHE } = process.env;
  const named = cache ?? SAM_FINETUNE_CACHE;
  const own = resolve(named || join(homedir(), '.cache', 'sam-finetune'));
  return {
    endpoint: (HF_ENDPOINT || HUB).replace(/\/+$/, ''),
    ...(HF_TOKEN && { token: HF_TOKEN }),
    offline: /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE ?? ''),
    cache: namedHubCache() ?? (named ? join(own, 'huggingface', 'hub') : usualHubCache()),
    own,
    onProgress,
    ...(onDownload && { onDownload }),
  };
}

// The library's own function takes an empty variable for a path.
function namedHubCache(): string | undefined {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME } = process.env;
  const folder = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || (HF_HOME && join(HF_HOME, 'hub'));
  return folder ? resolve(folder) : undefined;
}

function usualHubCache(): string {
  return resolve(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface', 'hub');
}
