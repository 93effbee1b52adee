import { koaApp, start } from './app.js';

start(koaApp());
