// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a class whose {@code static final} integer fields are C macros or enumerators.
 *
 * <p>A field stands for the C name equal to its own name, unless {@link CName} gives another. The
 * ABI test compares each field with what a C compiler says.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface CConstants {
  /** Headers to include, for example {@code "linux/if_xdp.h"}. */
  String[] header();
}
