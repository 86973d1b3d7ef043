using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>One pass of an iterator program (section <c>iter/…</c>): reading runs it. For one thread.</summary>
public sealed class BpfIterator : IDisposable
{
    private readonly FileDescriptorHandle _descriptor;
    private readonly string _programName;

    internal BpfIterator(FileDescriptorHandle descriptor, string programName)
    {
        _descriptor = descriptor;
        _programName = programName;
    }

    /// <summary>
    /// Reads the next bytes that the program wrote. The kernel hands out whole elements where the buffer has room for
    /// them, but may split one: collect until 0 before decoding.
    /// </summary>
    /// <param name="buffer">Not empty; 4 KiB or more saves system calls.</param>
    /// <returns>Number of bytes; 0 at the end.</returns>
    /// <exception cref="BpfException">The kernel gave an error, such as E2BIG where one element exceeds its own buffer.</exception>
    public unsafe int Read(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length, nameof(buffer));
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = Libc.read(_descriptor, pointer, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                // EAGAIN: the kernel ran a million elements without output and wants to be asked again (seq_file).
                var error = Marshal.GetLastPInvokeError();
                if (error is not (Errno.EINTR or Errno.EAGAIN))
                {
                    throw new BpfException("reading the iterator", _programName, error, null);
                }
            }
        }
    }

    /// <summary>Ends the pass.</summary>
    public void Dispose() => _descriptor.Dispose();
}
