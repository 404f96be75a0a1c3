/* Empty on purpose: Slice.cpp of zeroc-ice 3.6.5 includes <eval.h>, which Python dropped in 3.11
   and whose declarations Python.h has carried since. */
