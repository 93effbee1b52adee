import express from 'express';
import { useExpressServer } from 'routing-controllers';
import { options, start } from './app.js';

start(useExpressServer(express(), options()));
