// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * The drop precedence within the code points of assured forwarding (RFC 2597, section 6): {@code
 * cccpp0} with class 1 to 4 and precedence 1 to 3.
 */
final class DropPrecedence {
  private static final int ECN_BITS = 2;
  private static final int HIGHEST = 3;

  private DropPrecedence() {}

  /**
   * TOS or traffic class with a higher drop precedence, 3 at most; as it was if its code point is
   * none of assured forwarding.
   *
   * @param by 1 or more
   */
  static int raised(int tos, int by) {
    int codePoint = tos >>> ECN_BITS;
    int trafficClass = codePoint >>> 3;
    int precedence = (codePoint >>> 1) & 3;
    boolean assured =
        trafficClass >= 1 && trafficClass <= 4 && precedence > 0 && (codePoint & 1) == 0;
    int raised = Math.min(HIGHEST, precedence + by);
    return assured ? tos + ((raised - precedence) << (ECN_BITS + 1)) : tos;
  }
}
