'use client';
import { Fault, type FaultProps } from '../fault';

export default function AuthFault(props: FaultProps) {
  return <Fault {...props} />;
}
