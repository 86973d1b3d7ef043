using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>
/// An attachment of a program to a hook. It ends when it is disposed, from any thread and repeatedly if need be, and when
/// the process ends.
/// </summary>
public sealed class BpfLink : IDisposable
{
    private readonly BpfLinkHandle _link;

    internal BpfLink(BpfLinkHandle link, string programName)
    {
        _link = link;
        ProgramName = programName;
    }

    /// <summary>Name of the program that is attached.</summary>
    public string ProgramName { get; }

    /// <summary>Starts one pass of an iterator program over what it iterates.</summary>
    /// <exception cref="BpfException">The program is not an iterator, or the kernel refused.</exception>
    public BpfIterator CreateIterator()
    {
        using var borrowed = new BorrowedHandle(_link);
        var descriptor = BpfException.ThrowIfNegative(
            Libbpf.bpf_iter_create(Libbpf.bpf_link__fd(_link)), "starting the iterator", ProgramName);
        return new BpfIterator(new FileDescriptorHandle(descriptor), ProgramName);
    }

    /// <summary>Detaches.</summary>
    public void Dispose() => _link.Dispose();
}
