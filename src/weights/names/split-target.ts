/** Takes `layer/weight` apart. */
export function splitTarget(target: string): { layer: string; weight: string } {
  const slash = target.lastIndexOf('/');
  return { layer: target.slice(0, Math.max(slash, 0)), weight: target.slice(slash + 1) };
}
