// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** What a frame meets on its way behind the first lookup. */
public enum VisitKind {
  TABLE,
  GROUP,
  METER
}
