module forebay-go

go 1.19
