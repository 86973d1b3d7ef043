using Google.Protobuf.Reflection;

namespace Monitor.Protocol;

/// <summary>
/// The comments of .proto files, by the full name of what they describe. Generated descriptors do not have them.
/// Immutable.
/// </summary>
public sealed class ContractComments
{
    private static readonly Lazy<ContractComments> OfTheContract = new(Load);

    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);

    /// <summary>Reads the comments of files that were compiled with source info.</summary>
    /// <param name="files">The files. Those without source info add nothing.</param>
    public ContractComments(FileDescriptorSet files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var file in files.File)
        {
            var names = ElementNames.ByPath(file);
            foreach (var location in file.SourceCodeInfo?.Location ?? [])
            {
                var comment = location.HasLeadingComments ? location.LeadingComments : location.TrailingComments;
                if (comment.Length > 0 && names.TryGetValue(string.Join('.', location.Path), out var name))
                {
                    _byName[name] = Unwrap(comment);
                }
            }
        }
    }

    /// <summary>The comments of this contract.</summary>
    public static ContractComments OfContract => OfTheContract.Value;

    /// <summary>
    /// The comment of a message, field, oneof, enum, service or method, for example of
    /// <c>monitor.v1.ListEventsRequest.limit</c>. The name of an enum value is below its enum
    /// (<c>monitor.v1.LossCause.LOSS_CAUSE_EVICTED</c>), unlike its full name in protobuf, which is beside it.
    /// </summary>
    /// <returns>Paragraphs, each one line, with an empty line between them. Null if there is no comment.</returns>
    public string? Find(string fullName) => _byName.GetValueOrDefault(fullName);

    private static ContractComments Load()
    {
        using var stream = typeof(ContractComments).Assembly.GetManifestResourceStream("contract.descriptors")
            ?? throw new InvalidOperationException("The descriptors of the contract are not in this assembly.");
        return new ContractComments(FileDescriptorSet.Parser.ParseFrom(stream));
    }

    // Line breaks inside a paragraph are where the file's lines end, and mean nothing. Lists and indented lines keep
    // theirs.
    private static string Unwrap(string comment)
    {
        var text = new System.Text.StringBuilder();
        var isBreak = true;
        foreach (var line in comment.TrimEnd().Split('\n'))
        {
            // One space stands between the slashes and the text.
            var content = line.StartsWith(' ') ? line[1..].TrimEnd() : line.TrimEnd();
            if (content.Length == 0)
            {
                text.Append("\n\n");
                isBreak = true;
                continue;
            }

            var startsLine = content.StartsWith("- ", StringComparison.Ordinal)
                || content.StartsWith("  ", StringComparison.Ordinal);
            text.Append(isBreak ? "" : startsLine ? "\n" : " ").Append(content);
            isBreak = false;
        }

        return text.ToString().Trim();
    }
}
