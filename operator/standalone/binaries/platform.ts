/** An operating system and a processor as Node names them: `linux-x64`, `linux-arm64`, `darwin-arm64`, ... */
export type Platform = `${NodeJS.Platform}-${NodeJS.Architecture}`;

export const thisPlatform: Platform = `${process.platform}-${process.arch}`;
