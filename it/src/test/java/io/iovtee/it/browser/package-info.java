// SPDX-License-Identifier: Apache-2.0
/** The dashboard in a real browser, as people see it. */
@NullMarked
package io.iovtee.it.browser;

import org.jspecify.annotations.NullMarked;
