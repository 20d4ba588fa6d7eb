/** The package's version, which the build puts in. */
declare const __VERSION__: string;
