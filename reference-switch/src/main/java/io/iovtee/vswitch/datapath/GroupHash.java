// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Selection.Method;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;

/**
 * The number by which a select group chooses: equal for all frames of a flow. Fragments go by
 * addresses and protocol alone, since only the first has ports. Immutable.
 */
final class GroupHash {
  private static final int TYPE_IPV4 = 0x0800;
  private static final int TYPE_IPV6 = 0x86dd;

  private final long basis;
  private final boolean symmetric;

  /** Whether addresses of the frame count, too, beside those of IP. */
  private final boolean ofAllLayers;

  /** Words of the key that are hashed, and which of their bits; none for the 5-tuple. */
  private final int[] words;

  private final long[] masks;

  GroupHash(Selection selection) {
    boolean lowerHalf = selection.method() == Method.DP_HASH;
    basis = mix(lowerHalf ? selection.parameter() & 0xffff_ffffL : selection.parameter());
    symmetric = selection.isSymmetric();
    ofAllLayers = selection.method() == Method.HASH;
    long[] mask = new long[FlowKey.WORDS];
    for (FieldMatch bits : selection.fields()) {
      MatchField field = bits.field();
      int low = field.isWide() ? field.word() + 1 : field.word();
      mask[low] |= bits.mask() << field.shift();
      mask[field.word()] |= bits.maskHigh();
    }
    words = new int[count(mask)];
    masks = new long[words.length];
    int next = 0;
    for (int word = 0; word < mask.length; word++) {
      if (mask[word] != 0) {
        words[next] = word;
        masks[next++] = mask[word];
      }
    }
  }

  private static int count(long[] mask) {
    int count = 0;
    for (long word : mask) {
      count += word == 0 ? 0 : 1;
    }
    return count;
  }

  /** All 32 bits depend on all that is hashed. Poll thread. */
  int hash(long[] key) {
    long hash = words.length > 0 ? ofFields(key) : ofFlow(key);
    return (int) (mix(hash ^ basis) >>> 32);
  }

  private long ofFields(long[] key) {
    long hash = 0;
    for (int i = 0; i < words.length; i++) {
      hash = mix(hash + (key[words[i]] & masks[i]));
    }
    return hash;
  }

  private long ofFlow(long[] key) {
    int type = FlowKey.dlType(key, 0);
    boolean ip = type == TYPE_IPV4 || type == TYPE_IPV6;
    long hash = ip ? ofTuple(key, type) : 0;
    if (!ip || ofAllLayers) {
      long layer2 = (long) FlowKey.vlanTci(key, 0) << 16 | type;
      hash += layer2 + both(mix(FlowKey.dlSrc(key, 0)), mix(FlowKey.dlDst(key, 0)));
    }
    return hash;
  }

  private long ofTuple(long[] key, int type) {
    boolean whole = FlowKey.get(MatchField.NW_FRAG, key, 0) == 0;
    long source = whole ? FlowKey.get(MatchField.TP_SRC, key, 0) : 0;
    long destination = whole ? FlowKey.get(MatchField.TP_DST, key, 0) : 0;
    if (type == TYPE_IPV4) {
      source |= FlowKey.get(MatchField.NW_SRC, key, 0) << 16;
      destination |= FlowKey.get(MatchField.NW_DST, key, 0) << 16;
    } else {
      source = wide(MatchField.IPV6_SRC, key) + source;
      destination = wide(MatchField.IPV6_DST, key) + destination;
    }
    return both(mix(source), mix(destination)) + FlowKey.get(MatchField.NW_PROTO, key, 0);
  }

  private static long wide(MatchField field, long[] key) {
    return mix(key[field.word()] + mix(key[field.word() + 1]));
  }

  /** The same for both directions, or not. */
  private long both(long source, long destination) {
    return symmetric ? source + destination : mix(source) ^ destination;
  }

  /** The end of MurmurHash3 for 64 bits: each bit changes half of the bits. */
  static long mix(long value) {
    long hash = value;
    hash = (hash ^ (hash >>> 33)) * 0xff51_afd7_ed55_8ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ce_b9fe_1a85_ec53L;
    return hash ^ (hash >>> 33);
  }
}
