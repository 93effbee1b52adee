/** Express 4 beside Express 5, under an alias; what the tests use has the same types in both. */
declare module 'express4' {
  import express from 'express';
  export default express;
}
