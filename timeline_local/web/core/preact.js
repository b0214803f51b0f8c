// @ts-check
/** The one door to the view library: everything on screen is a vnode, never a string of markup. */
import { h, render, Fragment, Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState, useMemo, useCallback } from 'preact/hooks';
import { signal, computed, effect, batch, useSignal, useComputed } from '@preact/signals';
import htm from 'htm';

export const html = htm.bind(h);
export { h, render, Fragment, Component };
export { useEffect, useLayoutEffect, useRef, useState, useMemo, useCallback };
export { signal, computed, effect, batch, useSignal, useComputed };
