/**
 * The address to which the provider sends browsers back. It comes from the options, never from a header of a request.
 * @param route the route of any action of the controller
 * @see RFC 9700 section 4.1
 */
export function redirectUriOf(baseUrl: string, route: string): string {
  const controller = route.slice(0, route.lastIndexOf('/'));
  return new URL(`${baseUrl}${controller}/callback`).href;
}
