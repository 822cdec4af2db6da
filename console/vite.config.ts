import { defineConfig } from 'vite';

// Relative addresses only: the server may hang the console under any path, and nothing may leave the machine.
export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: '../src/watchline/server/console_dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0, // a page policy without data: addresses stays possible
    chunkSizeWarningLimit: 1600, // the map engine is one chunk of about 1 MB
    modulePreload: { polyfill: false },
  },
});
