// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.MatchField.Syntax;

/** A field of {@code fields(ip_src,ip_dst=255.255.255.0)}: what follows = is a mask. */
final class HashedField {
  private HashedField() {}

  /**
   * Reads one of them.
   *
   * @return a match on all the bits that are hashed being 1
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static FieldMatch parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    MatchField field = ProtocolField.fieldNamed(name);
    if (field == null || field == MatchField.IN_PORT) {
      String feature = OvsFeature.ofMatch(name);
      throw new IllegalArgumentException(
          feature == null
              ? "no field that can be hashed: " + name
              : "not supported: " + name + " (" + feature + ")");
    }
    if (equals < 0) {
      return bits(field, field.isWide() ? -1L : 0, field.exactMask());
    }
    if (!isMasked(field)) {
      throw new IllegalArgumentException("can be hashed as a whole only: " + name);
    }
    String mask = text.substring(equals + 1);
    if (mask.indexOf('/') >= 0) {
      throw new IllegalArgumentException("what follows = is the mask; allowed: " + name + "=MASK");
    }
    FieldMatch read = FieldSyntax.parse(field, mask);
    return bits(field, read.valueHigh(), read.value());
  }

  private static FieldMatch bits(MatchField field, long maskHigh, long mask) {
    FieldMatch bits = new FieldMatch(field, maskHigh, mask, maskHigh, mask);
    if (bits.isAny()) {
      throw new IllegalArgumentException("no bit is hashed: " + field.fieldName() + "=0");
    }
    return bits;
  }

  private static boolean isMasked(MatchField field) {
    return field.isMaskable()
        && field.syntax() != Syntax.FRAGMENT
        && field.syntax() != Syntax.TCP_FLAGS;
  }

  /** Writes what {@link #parse} reads back as equal. */
  static String format(FieldMatch bits) {
    MatchField field = bits.field();
    if (bits.isExact()) {
      return field.fieldName();
    }
    long high = field.isWide() ? -1L : 0;
    return field.fieldName()
        + "="
        + FieldSyntax.format(
            new FieldMatch(field, bits.valueHigh(), bits.value(), high, field.exactMask()));
  }
}
