declare module 'unix-crypt-td-js' {
  /** crypt(3) by DES. */
  export default function unixCrypt(password: number[], salt: string): string;
}
