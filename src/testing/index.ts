/** What apps test their own guards with. Loading it changes nothing; `actingAs` installs its provider. */
export { actingAs } from './acting-as';
export { describeAuthorization } from './authorization-matrix';
export type { AuthorizationMatrixOptions, TestRunner } from './authorization-matrix';
