namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

/// <summary>What one segment of a path template matches.</summary>
internal enum SegmentKind
{
    /// <summary>Its own text.</summary>
    Literal,

    /// <summary><c>*</c>: any one segment.</summary>
    Any,

    /// <summary><c>**</c>: any number of segments, also none.</summary>
    Rest,
}
