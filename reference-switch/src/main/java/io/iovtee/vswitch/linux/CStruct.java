// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a class whose {@code static final} integer fields are the offsets of one C struct's
 * members.
 *
 * <p>A field is the offset of the member with the same name in lower case, unless {@link CName}
 * gives another; the field {@code SIZEOF} is the size of the struct. The ABI test compares each
 * field with what a C compiler says.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface CStruct {
  /** The C type, for example {@code "struct xdp_desc"}. */
  String value();

  /** Headers to include, for example {@code "linux/if_xdp.h"}. */
  String[] header();
}
