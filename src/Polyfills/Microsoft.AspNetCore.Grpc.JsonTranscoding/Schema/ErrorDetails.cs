using Google.Protobuf.Reflection;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>
/// The standard error details of google.rpc, which an error may carry without the application registering them.
/// </summary>
internal static class ErrorDetails
{
    private static readonly TypeRegistry Registry = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    public static MessageDescriptor? Find(string fullName) => Registry.Find(fullName);
}
