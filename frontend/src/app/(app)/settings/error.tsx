'use client';
import { pageFault } from '../page-fault';

export default pageFault('Settings');
