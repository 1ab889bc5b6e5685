/** 20000 as `20,000`. */
export const whole = (value: number): string => value.toLocaleString('en-US');

/** `1 image`, `2,000 images`. */
export const counted = (count: number, one: string, many: string): string =>
  `${whole(count)} ${count === 1 ? one : many}`;
