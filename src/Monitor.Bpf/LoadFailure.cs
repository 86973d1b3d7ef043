using Monitor.Bpf.Kernel;

namespace Monitor.Bpf;

/// <summary>Turns a failed load into an exception that says what to do.</summary>
internal static class LoadFailure
{
    internal static BpfException Explain(string objectName, int errno, IReadOnlyList<BpfMessage> messages)
    {
        var log = VerifierLogText.Find(messages);
        var words = log is { Length: > 0 } ? VerifierLogText.Summarize(log) : "";
        if (words.Length == 0)
        {
            words = VerifierLogText.Summarize(messages);
        }

        if (errno is Errno.EPERM or Errno.EACCES && Capabilities.OfThisProcess().DescribeMissing() is { } missing)
        {
            // libbpf's own advice then (raise limits, change the kernel) leads astray; the verifier's words do not.
            words = log is null ? missing : $"{missing} {words}";
        }
        else if (errno is Errno.EPERM or Errno.ENOMEM)
        {
            // libbpf has tried to raise the limit itself where the kernel still counts BPF memory against it (before
            // 5.11); what is left is a hard limit that this process may not raise.
            words = $"{words} (on kernels before 5.11 the limit of locked memory may be too low: ulimit -l unlimited)";
        }

        var program = VerifierLogText.FindProgram(messages);
        return new BpfException("loading", program ?? objectName, errno, words, verifierLog: log);
    }
}
