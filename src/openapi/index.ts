/** The OpenAPI document of an app: what each operation asks of its clients. */
export { type DocumentOptions, type SecurityDocument, securityDocument } from './security-document';
export { servedMetadata } from './served-metadata';
