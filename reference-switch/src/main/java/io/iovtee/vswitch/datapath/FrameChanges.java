// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.Action;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;

/**
 * Changes the {@link FrameAtHand}, one action at a time. Only the private snapshot of the headers
 * is changed. One loop owns it.
 */
final class FrameChanges {
  private static final MatchField[] FIELDS = MatchField.values();

  /** First of the operations that set what only rules can see. */
  private static final int FIRST_STATE = RewriteRule.SET_FIELD + MatchField.METADATA.ordinal();

  /** Bytes that tags can add: those of one rule, and one that a tag's value makes. */
  static final int GROWTH_MAX = (Action.PushVlan.MAX + 1) * FrameAtHand.TAG_LENGTH;

  private static final int SOURCE = 6;
  private static final int TOS_WITHOUT_ECN = 0xfc;

  private final FrameAtHand frame;

  FrameChanges(FrameAtHand frame) {
    this.frame = frame;
  }

  /** Whether an operation sets metadata or a register: no output can tell. */
  static boolean isOfState(int operation) {
    return operation >= FIRST_STATE;
  }

  /** Sets metadata or a register. */
  void setState(RewriteRule rule, int a) {
    MatchField field = FIELDS[rule.operation[a] - RewriteRule.SET_FIELD];
    FlowKey.set(field, rule.value[a], rule.mask[a], frame.lastKey(), 0);
  }

  /** Makes one change; false if the frame's TTL is over, and nothing was changed. */
  boolean make(FrameBatch batch, int i, RewriteRule rule, int a) {
    int operation = rule.operation[a];
    switch (operation) {
      case RewriteRule.PUSH_VLAN -> push(batch, i, (int) rule.value[a]);
      case RewriteRule.POP_VLAN -> frame.editor.popVlan();
      case RewriteRule.DEC_TTL -> {
        if (!frame.editor.decrementTtl()) {
          batch.dropped(i, DropReason.TTL_EXPIRED.ordinal());
          return false;
        }
      }
      case RewriteRule.MOVE -> copy(batch, i, rule.value[a]);
      default -> {
        if (rule.protocol[a] != 0 && rule.protocol[a] != frame.editor.protocol()) {
          return true; // has not the field
        }
        set(
            batch,
            i,
            FIELDS[operation - RewriteRule.SET_FIELD],
            rule.value[a],
            rule.mask[a],
            rule.valueHigh[a],
            rule.maskHigh[a]);
      }
    }
    end(batch, i);
    return true;
  }

  /** Sets the TOS or traffic class; its two ECN bits stay. */
  void setTos(FrameBatch batch, int i, int tos) {
    frame.editor.setTos(tos, TOS_WITHOUT_ECN);
    end(batch, i);
  }

  private void end(FrameBatch batch, int i) {
    if (frame.editor.isBeyond()) {
      frame.giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
    frame.changed(batch, i);
  }

  private void push(FrameBatch batch, int i, int type) {
    if (makeRoom()) {
      frame.editor.pushVlan(type);
    } else {
      frame.giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
  }

  /** Makes room for one more tag; false if there are headers where it is needed, or too many. */
  private boolean makeRoom() {
    FrameEditor editor = frame.editor;
    int most = FrameBatch.HEADER_STRIDE - FrameAtHand.TAG_LENGTH;
    if (editor.grown() > GROWTH_MAX - FrameAtHand.TAG_LENGTH) {
      return false;
    }
    if (editor.captured() > most) {
      if (editor.headersEnd() > most) {
        return false;
      }
      editor.trim(most);
    }
    return true;
  }

  /** {@link RewriteRule#MOVE}; the key is that of the frame as it is now. */
  private void copy(FrameBatch batch, int i, long what) {
    MatchField from = FIELDS[(int) what & 0xff];
    MatchField to = FIELDS[(int) (what >>> 16) & 0xff];
    int toBit = (int) (what >>> 24) & 0xff;
    long bits = -1L >>> (Long.SIZE - (what >>> 32));
    long value = FlowKey.get(from, frame.lastKey(), 0) >>> (what >>> 8 & 0xff) & bits;
    if (to.isState()) {
      FlowKey.set(to, value << toBit, bits << toBit, frame.lastKey(), 0);
    } else {
      set(batch, i, to, value << toBit, bits << toBit, 0, 0);
    }
  }

  private void set(
      FrameBatch batch,
      int i,
      MatchField field,
      long value,
      long mask,
      long valueHigh,
      long maskHigh) {
    switch (field) {
      case DL_VLAN -> setVlan(batch, i, (int) value, 0xfff);
      case DL_VLAN_PCP -> setVlan(batch, i, (int) value << 13, 0xe000);
      case DL_DST -> frame.editor.setMac(0, value, mask);
      case DL_SRC -> frame.editor.setMac(SOURCE, value, mask);
      case NW_SRC -> frame.editor.setIpv4(12, value, mask);
      case NW_DST -> frame.editor.setIpv4(16, value, mask);
      case IPV6_SRC -> frame.editor.setIpv6(8, valueHigh, value, maskHigh, mask);
      case IPV6_DST -> frame.editor.setIpv6(24, valueHigh, value, maskHigh, mask);
      case IPV6_LABEL -> frame.editor.setLabel((int) value, (int) mask);
      case NW_TOS, NW_ECN -> frame.editor.setTos((int) value, (int) mask);
      case NW_TTL -> frame.editor.setTtl((int) value);
      case TP_SRC -> frame.editor.setPort(0, (int) value, (int) mask);
      case TP_DST -> frame.editor.setPort(2, (int) value, (int) mask);
      case ICMP_TYPE -> frame.editor.setIcmp((int) value << 8, 0xff00);
      case ICMP_CODE -> frame.editor.setIcmp((int) value, 0xff);
      case ND_TARGET -> frame.editor.setNeighbourTarget(valueHigh, value, maskHigh, mask);
      case ND_SLL -> frame.editor.setNeighbourAddress(HeaderOffsets.SOURCE_OPTION, value, mask);
      case ND_TLL -> frame.editor.setNeighbourAddress(HeaderOffsets.TARGET_OPTION, value, mask);
      case ND_RESERVED -> frame.editor.setNeighbourFlags(value, mask);
      case ND_OPTIONS_TYPE -> frame.editor.setNeighbourOption((int) value);
      case ARP_OP -> frame.editor.setArp(6, 1, value, mask);
      case ARP_SHA -> frame.editor.setArp(8, 3, value, mask);
      case ARP_SPA -> frame.editor.setArp(14, 2, value, mask);
      case ARP_THA -> frame.editor.setArp(18, 3, value, mask);
      case ARP_TPA -> frame.editor.setArp(24, 2, value, mask);
      default -> {} // no other field can be set (Action.SetField)
    }
  }

  private void setVlan(FrameBatch batch, int i, int value, int mask) {
    if (frame.editor.isTagged() || makeRoom()) {
      frame.editor.setVlan(value, mask);
    } else {
      frame.giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
  }
}
