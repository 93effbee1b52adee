/** The OpenAPI document of an app with the security requirements of each operation, and a page that shows it. */
export { apiDocs, type ApiDocsOptions } from './api-docs';
export { type DocumentOptions, type SecurityDocument, securityDocument } from './security-document';
export { servedMetadata } from './served-metadata';
