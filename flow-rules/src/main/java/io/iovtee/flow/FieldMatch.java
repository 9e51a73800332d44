// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

/**
 * One field of a match: the bits under the mask must have the value. All numbers are right aligned
 * and unsigned, as on the wire; an IPv6 address has its upper half in the {@code …High} parts,
 * which are 0 for all other fields.
 *
 * @param field any field but {@link MatchField#IN_PORT}, whose value is a name
 * @param value no bit outside the mask
 * @param mask bits that are looked at; none for "any value", which only maskable fields can say
 */
public record FieldMatch(MatchField field, long valueHigh, long value, long maskHigh, long mask) {
  /**
   * @throws IllegalArgumentException if a number does not fit the field, or the field does not take
   *     this mask
   */
  public FieldMatch {
    if (field == MatchField.IN_PORT) {
      throw new IllegalArgumentException("in_port is matched by name");
    }
    long allHigh = field.isWide() ? -1L : 0;
    long all = field.exactMask();
    if ((valueHigh & ~allHigh) != 0 || (value & ~all) != 0) {
      throw new IllegalArgumentException(
          "value does not fit the field: %s=0x%x, allowed bits 0x%x"
              .formatted(field.fieldName(), value, all));
    }
    if ((maskHigh & ~allHigh) != 0 || (mask & ~all) != 0) {
      throw new IllegalArgumentException(
          "mask does not fit the field: %s mask 0x%x, allowed bits 0x%x"
              .formatted(field.fieldName(), mask, all));
    }
    if (!field.isMaskable() && mask != all) {
      throw new IllegalArgumentException(
          "field can be matched exactly only: %s mask 0x%x".formatted(field.fieldName(), mask));
    }
    valueHigh &= maskHigh;
    value &= mask;
  }

  /** A match on all bits of a field of up to 64 bits. */
  public static FieldMatch exact(MatchField field, long value) {
    return new FieldMatch(field, 0, value, field.isWide() ? -1L : 0, field.exactMask());
  }

  /** A match on some bits of a field of up to 64 bits. */
  public static FieldMatch masked(MatchField field, long value, long mask) {
    return new FieldMatch(field, 0, value, 0, mask);
  }

  /** Whether no bit of the field is matched. */
  public boolean isAny() {
    return mask == 0 && maskHigh == 0;
  }

  /** Whether all bits of the field are matched. */
  public boolean isExact() {
    return mask == field.exactMask() && (!field.isWide() || maskHigh == -1L);
  }
}
