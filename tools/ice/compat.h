/* Lets the unchanged source of zeroc-ice 3.6.5 compile on Python 3.11 and later.
 *
 * Force-included in front of every file (-include), so it must be harmless for Ice's plain C files and
 * for its C++ files that never see Python. Each block names what Python removed and when.
 */
#ifndef OMEROPYR_ICE_COMPAT_H
#define OMEROPYR_ICE_COMPAT_H

#ifdef __cplusplus
#include <Python.h>

#if PY_VERSION_HEX >= 0x030B0000
/* 3.11: PyThreadState lost its public member `frame`. Ice reads only that member, and only to learn
 * the name of the running function, so a struct with this one member stands in for the thread state. */
struct OmeropyrThreadState
{
    PyFrameObject* frame;
};
static inline OmeropyrThreadState* omeropyrThreadState()
{
    static thread_local OmeropyrThreadState state;
    state.frame = PyEval_GetFrame();
    return &state;
}
#undef PyThreadState_GET
#define PyThreadState_GET() omeropyrThreadState()
#endif

#if PY_VERSION_HEX >= 0x030D0000
/* 3.13: three functions of Python 2's days are gone. */
#define PyEval_CallObject(callable, args) PyObject_CallObject((callable), (args))
#define PyEval_InitThreads() ((void)0)
static inline int omeropyrAsReadBuffer(PyObject* object, const void** buffer, Py_ssize_t* length)
{
    Py_buffer view;
    if(PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0)
    {
        return -1;
    }
    *buffer = view.buf;
    *length = view.len;
    PyBuffer_Release(&view);
    return 0;
}
#define PyObject_AsReadBuffer(object, buffer, length) omeropyrAsReadBuffer((object), (buffer), (length))
#endif

#endif /* __cplusplus */
#endif
