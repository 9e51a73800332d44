// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.MatchField;
import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Carries out the rules that change frames, action by action, so that each output sees what stands
 * before it in the rule and nothing of what stands behind.
 *
 * <p>Only the private snapshot of the headers is changed. Outputs send the snapshot of a frame that
 * lies in a guest's memory, so such a frame needs no copy for being changed. It is written back to
 * the frame's own place in two cases: a chunk of the switch's own pool, and the receive buffer of
 * the very guest that gets the frame, when its length stays; a frame that grew or shrank does not
 * lie at the place that this guest's descriptor names any more, and is copied. A transmit buffer
 * that a guest lends is never written.
 *
 * <p>A tag moves the frame's start: address and length of such frames are put back when the batch
 * has been sent, since whoever gets the buffer back knows the old ones.
 */
final class Rewriter {
  private static final MatchField[] FIELDS = MatchField.values();
  private static final int SOURCE = 6;

  private final Pipeline pipeline;
  private final FrameEditor editor = new FrameEditor();
  private final int[] moved = new int[FrameBatch.CAPACITY];
  private final long[] movedAddress = new long[FrameBatch.CAPACITY];
  private final int[] movedLength = new int[FrameBatch.CAPACITY];
  private int movedCount;

  Rewriter(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  /**
   * Carries out the rule for frame i.
   *
   * @param keys the keys of the batch; the frame's own is at {@code key}
   */
  void apply(
      FrameBatch batch,
      int i,
      RewriteRule rule,
      int inPort,
      long[] keys,
      int key,
      InputCounters counters) {
    batch.separate(i);
    captureMore(batch, i, FrameBatch.HEADER_STRIDE - rule.growth);
    int base = i * FrameBatch.HEADER_STRIDE;
    editor.open(batch.headers, base, batch.captured(i), keys, key);
    if (!makeRoom(rule.growth)) {
      batch.dropped(i, DropReason.HEADERS_TOO_LONG.ordinal());
      return;
    }
    batch.setCaptured(i, editor.captured());
    batch.dropped(i, DropReason.RULE.ordinal()); // unless an output is reached
    long address = batch.address[i];
    int length = batch.length[i];
    boolean changed = false;
    for (int a = 0; a <= rule.lastOutput; a++) {
      if (rule.operation[a] != RewriteRule.OUTPUT) {
        if (!change(rule, a)) {
          batch.dropped(i, DropReason.TTL_EXPIRED.ordinal());
          return;
        }
        if (editor.isBeyond()) {
          batch.dropped(i, DropReason.HEADERS_TOO_LONG.ordinal());
          return;
        }
        changed = true;
        batch.setCaptured(i, editor.captured());
        move(batch, i, address, length);
      } else {
        if (changed && batch.owner[i] == FrameBatch.HOST_POOL) {
          writeBack(batch, i);
        }
        editor.sent();
        output(batch, i, (int) rule.value[a], a == rule.lastOutput, changed, inPort, counters);
      }
    }
  }

  /**
   * Lengthens the snapshot: a checksum may lie behind what the parser needed. What was captured
   * before, and decided on, is not read again.
   */
  private static void captureMore(FrameBatch batch, int i, int max) {
    int have = batch.captured(i);
    int want = Math.min(max, batch.length[i]);
    if (want > have) {
      int at = i * FrameBatch.HEADER_STRIDE + have;
      AddressSpace.copyToArray(batch.address[i] + have, batch.headers, at, want - have);
      batch.setCaptured(i, want);
    }
  }

  /** False if there are headers where room for tags is needed. */
  private boolean makeRoom(int growth) {
    int most = FrameBatch.HEADER_STRIDE - growth;
    if (editor.captured() > most) {
      if (editor.headersEnd() > most) {
        return false;
      }
      editor.trim(most);
    }
    return true;
  }

  private void move(FrameBatch batch, int i, long address, int length) {
    int grown = editor.grown();
    if (batch.length[i] == length + grown) {
      return;
    }
    if (movedCount == 0 || moved[movedCount - 1] != i) {
      moved[movedCount] = i;
      movedAddress[movedCount] = address;
      movedLength[movedCount++] = length;
    }
    batch.address[i] = address - grown;
    batch.length[i] = length + grown;
  }

  /** A new batch begins. */
  void start() {
    movedCount = 0;
  }

  /** The batch has been sent, or given up: its frames lie where their owners know them. */
  void putBack(FrameBatch batch) {
    for (int m = 0; m < movedCount; m++) {
      batch.address[moved[m]] = movedAddress[m];
      batch.length[moved[m]] = movedLength[m];
    }
    movedCount = 0;
  }

  private static void writeBack(FrameBatch batch, int i) {
    int from = i * FrameBatch.HEADER_STRIDE;
    AddressSpace.copyFromArray(batch.headers, from, batch.address[i], batch.captured(i));
  }

  private void output(
      FrameBatch batch,
      int i,
      int target,
      boolean last,
      boolean changed,
      int inPort,
      InputCounters counters) {
    int port = target;
    if (port == FlowProgram.NORMAL) {
      port =
          pipeline.switchByMac(editor.source(), editor.destination(), editor.endsInTag(), inPort);
    }
    if (port == FlowProgram.FLOOD) {
      pipeline.floodCopies(batch, i, inPort, counters);
      return;
    }
    boolean back = port == FlowProgram.IN_PORT;
    port = back ? inPort : port;
    if (port <= 0) {
      return;
    }
    if (port == inPort && !back) {
      batch.dropped(i, DropReason.OUTPUT_IS_INPUT.ordinal());
      return;
    }
    boolean home = OwnerIds.port(batch.owner[i]) == port && (batch.owner[i] & 1) == 0;
    boolean fits = !home || editor.grown() == 0;
    if (last && fits && home && changed) {
      writeBack(batch, i);
    }
    if (last && fits && !back) {
      pipeline.enqueue(batch, i, port, inPort, counters);
    } else {
      pipeline.sendNow(batch, i, port, last && fits, counters);
    }
  }

  /** One change; false if the frame ends here. */
  private boolean change(RewriteRule rule, int a) {
    int operation = rule.operation[a];
    long value = rule.value[a];
    switch (operation) {
      case RewriteRule.PUSH_VLAN -> editor.pushVlan((int) value);
      case RewriteRule.POP_VLAN -> editor.popVlan();
      case RewriteRule.DEC_TTL -> {
        return editor.decrementTtl();
      }
      default -> set(FIELDS[operation - RewriteRule.SET_FIELD], rule, a);
    }
    return true;
  }

  private void set(MatchField field, RewriteRule rule, int a) {
    long value = rule.value[a];
    long mask = rule.mask[a];
    switch (field) {
      case DL_VLAN -> editor.setVlan((int) value, 0xfff);
      case DL_VLAN_PCP -> editor.setVlan((int) value << 13, 0xe000);
      case DL_DST -> editor.setMac(0, value, mask);
      case DL_SRC -> editor.setMac(SOURCE, value, mask);
      case NW_SRC -> editor.setIpv4(12, value, mask);
      case NW_DST -> editor.setIpv4(16, value, mask);
      case IPV6_SRC -> editor.setIpv6(8, rule.valueHigh[a], value, rule.maskHigh[a], mask);
      case IPV6_DST -> editor.setIpv6(24, rule.valueHigh[a], value, rule.maskHigh[a], mask);
      case NW_TOS, NW_ECN -> editor.setTos((int) value, (int) mask);
      case NW_TTL -> editor.setTtl((int) value);
      case TP_SRC -> editor.setPort(0, (int) value, (int) mask);
      case TP_DST -> editor.setPort(2, (int) value, (int) mask);
      case ICMP_TYPE -> editor.setIcmp((int) value << 8, 0xff00);
      case ICMP_CODE -> editor.setIcmp((int) value, 0xff);
      case ARP_OP -> editor.setArp(6, 1, value, mask);
      case ARP_SHA -> editor.setArp(8, 3, value, mask);
      case ARP_SPA -> editor.setArp(14, 2, value, mask);
      case ARP_THA -> editor.setArp(18, 3, value, mask);
      case ARP_TPA -> editor.setArp(24, 2, value, mask);
      default -> {} // no other field can be set (Action.SetField)
    }
  }
}
