/** The OpenAPI document of an app: what each operation asks of its clients, and a page that shows it. */
export { apiDocs, type ApiDocsOptions } from './api-docs';
export { type DocumentOptions, type SecurityDocument, securityDocument } from './security-document';
export { servedMetadata } from './served-metadata';
