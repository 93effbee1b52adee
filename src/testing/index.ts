/** Test kit for an app's own guards, stores and logs. Loading it changes nothing; `actingAs` installs its provider. */
export { actingAs } from './acting-as';
export { describeAuthorization } from './authorization-matrix';
export type { AuthorizationMatrixOptions } from './authorization-matrix';
export { factorStoreContract } from './factor-store-contract';
export type { FactorStoreContractOptions } from './factor-store-contract';
export { revocationLogContract } from './revocation-log-contract';
export type { RevocationLogContractOptions } from './revocation-log-contract';
export { stateStoreContract } from './state-store-contract';
export type { ContractFacts, StateStoreContractOptions } from './state-store-contract';
export type { TestRunner } from './test-runner';
