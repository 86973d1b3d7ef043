using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.Reflection;

/// <summary>
/// Answers the questions of both versions of the protocol. Nothing is kept between questions: a client that asks again
/// gets the same files again. Immutable and safe for use by many threads.
/// </summary>
internal sealed class ReflectionAnswers
{
    // Names in messages are for people. What was asked stands in full in the response's original_request.
    private const int LongestQuotedName = 200;

    private readonly ReflectionAnswer.Services _services;
    private readonly SymbolRegistry _registry;

    public ReflectionAnswers(IEnumerable<string> services, SymbolRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(registry);
        _services = new([.. services.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        _registry = registry;
    }

    /// <summary>Answers for these services: their names, their files and what those import.</summary>
    public static ReflectionAnswers For(IEnumerable<ServiceDescriptor> services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var all = services.ToList();
        return new ReflectionAnswers(
            all.Select(service => service.FullName), SymbolRegistry.FromFiles(all.Select(service => service.File)));
    }

    public static ReflectionAnswer UnknownQuestion() =>
        new ReflectionAnswer.Error(StatusCode.Unimplemented, "The request asks nothing that this server knows.");

    public ReflectionAnswer ListServices() => _services;

    public ReflectionAnswer FileByName(string name) =>
        FilesOr(_registry.FileByName(name), () => $"File not found: {Quoted(name)}");

    public ReflectionAnswer FileContainingSymbol(string symbol) =>
        FilesOr(_registry.FileContainingSymbol(symbol), () => $"Symbol not found: {Quoted(symbol)}");

    public ReflectionAnswer FileContainingExtension(string containingType, int number) =>
        FilesOr(
            _registry.FileContainingExtension(containingType, number),
            () => $"Extension not found: {number} of {Quoted(containingType)}");

    public ReflectionAnswer ExtensionNumbersOf(string messageName) =>
        _registry.ExtensionNumbersOf(messageName) is { } numbers
            ? new ReflectionAnswer.ExtensionNumbers(messageName, numbers)
            : NotFound($"Message not found: {Quoted(messageName)}");

    private static ReflectionAnswer FilesOr(FileDescriptor? file, Func<string> whyNot) =>
        file is null ? NotFound(whyNot()) : new ReflectionAnswer.Files(WithImports(file));

    private static ReflectionAnswer.Error NotFound(string message) => new(StatusCode.NotFound, message);

    // Breadth first. Each file once, however often it is imported; the encoded bytes are those of the descriptors.
    private static List<ByteString> WithImports(FileDescriptor file)
    {
        var encoded = new List<ByteString>();
        var seen = new HashSet<string>([file.Name], StringComparer.Ordinal);
        var waiting = new Queue<FileDescriptor>([file]);
        while (waiting.TryDequeue(out var next))
        {
            encoded.Add(next.SerializedData);
            foreach (var dependency in next.Dependencies)
            {
                if (seen.Add(dependency.Name))
                {
                    waiting.Enqueue(dependency);
                }
            }
        }

        return encoded;
    }

    private static string Quoted(string name) =>
        name.Length <= LongestQuotedName ? $"\"{name}\"" : $"a name of {name.Length} characters";
}
