import type { ReportedRoute } from './security-report';

/** The details of a route, one line each. */
export function detailsOf({ levels, providers, before, after, hiddenBy }: ReportedRoute): string[] {
  const lines = levels.map(({ rule, source }) => `${rule}, from ${source}`);
  if (providers.length > 0) lines.push(`authenticated by ${providers.join(', ')}`);
  if (before.length > 0) lines.push(`runs before authorization: ${before.join(', ')}`);
  if (after.length > 0) lines.push(`runs after authorization: ${after.join(', ')}`);
  if (hiddenBy !== undefined) lines.push(`hidden by ${hiddenBy}`);
  return lines;
}
