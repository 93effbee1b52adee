/** The time in milliseconds since the epoch. @default Date.now */
export type Clock = () => number;
