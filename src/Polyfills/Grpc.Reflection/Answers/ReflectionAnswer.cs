using Google.Protobuf;
using Grpc.Core;

namespace Grpc.Reflection;

/// <summary>An answer before it becomes a message of one version of the protocol. One of the kinds below.</summary>
internal abstract record ReflectionAnswer
{
    private ReflectionAnswer()
    {
    }

    /// <summary>Encoded files: the one that was asked for first, then what it imports.</summary>
    internal sealed record Files(IReadOnlyList<ByteString> Encoded) : ReflectionAnswer;

    /// <summary>The names of all services, in ordinal order.</summary>
    internal sealed record Services(IReadOnlyList<string> Names) : ReflectionAnswer;

    /// <summary>The numbers of the extensions of a message, ascending.</summary>
    internal sealed record ExtensionNumbers(string MessageName, IEnumerable<int> Numbers) : ReflectionAnswer;

    /// <summary>There is no answer; the stream goes on.</summary>
    internal sealed record Error(StatusCode Code, string Message) : ReflectionAnswer;
}
