import express from 'express4';
import { useExpressServer } from 'routing-controllers';
import { options, start } from './app.js';

start(useExpressServer(express(), options()));
