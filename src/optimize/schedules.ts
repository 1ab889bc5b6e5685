/** Where a run is within its schedule, and the numbers that shape it. */
export interface ScheduleMoment {
  /** 0 at the first step after the warm-up, 1 where the schedule is over. */
  progress: number;
  /** Length of the schedule. */
  epochs: number;
  /** Factor of one decay, and the epochs from one to the next; undefined for the schedule's own. */
  decay?: number;
  every?: number;
  power: number;
  /** Share at progress 1, where a schedule falls to a given one. */
  end: number;
}

/** The course of a learning rate. */
export interface Schedule {
  /** For help, with its source. */
  title: string;
  /** It has a warm-up of its own, in place of the linear one. */
  warmsUp?: true;
  /** @returns share of the largest learning rate */
  share(moment: ScheduleMoment): number;
}

/** Share of one-cycle that rises, and the share of the largest rate that it rises from. */
const RISE = 0.3;
const CYCLE_START = 1 / 25;

/** From `from` at 0 to `to` at 1, along half a cosine. */
const halfCosine = (from: number, to: number, at: number) =>
  to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;

// Epochs are sums of fractions: a decay that is due may be short of it by rounding.
const ROUNDING = 1e-9;

/** Schedules by name. */
export const SCHEDULES = {
  constant: { title: 'the same throughout', share: () => 1 },
  cosine: {
    title: 'half a cosine, arXiv 1608.03983 without restarts',
    share: ({ progress, end }) => halfCosine(1, end, progress),
  },
  linear: {
    title: 'a straight line',
    share: ({ progress, end }) => end + (1 - end) * (1 - progress),
  },
  step: {
    title: 'a decay every few epochs, arXiv 1512.03385',
    share({ progress, epochs, decay = 0.1, every = epochs / 3 }) {
      if (epochs === 0) return 1;
      const parts = epochs / every;
      // A decay due at the very end is none: no step would be left for it but those of the cool-down.
      const last = Math.ceil(parts - ROUNDING) - 1;
      return decay ** Math.min(Math.floor(progress * parts + ROUNDING), last);
    },
  },
  exponential: {
    title:
      "the same factor over the same time, EfficientNet's by default (its stairs are step with the same numbers), arXiv 1905.11946",
    share: ({ progress, epochs, decay = 0.97, every = 2.4 }) => decay ** ((progress * epochs) / every),
  },
  'one-cycle': {
    title: 'a rise over 30 % of the run and a fall, arXiv 1708.07120; the momentum stays as it is',
    warmsUp: true,
    share: ({ progress, end }) =>
      progress < RISE
        ? halfCosine(CYCLE_START, 1, progress / RISE)
        : halfCosine(1, end, (progress - RISE) / (1 - RISE)),
  },
  polynomial: {
    title: 'a power of what is left of the run, as in arXiv 1904.00962',
    share: ({ progress, power, end }) => end + (1 - end) * (1 - progress) ** power,
  },
} satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof SCHEDULES;
